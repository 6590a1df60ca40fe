// Package keys keeps API keys. A key belongs to one program and carries scopes; its secret has 256 random bits, is shown
// once, and is stored as its SHA-256 beside the eight characters by which it is found. Whoever reads the store learns no
// key.
//
//	Ring.Create ──> secret, shown once        Ring.Find(secret) ──> Key, on every request, from memory
package keys
