// Package tokens lets members' own devices call: a token says who a member is, for an hour at most, and a program says from which web
// pages. Start at Ring: the signing keys of all programs, Mint and Verify. Origins are the pages.
//
// A token is a JWT, signed with EdDSA (Ed25519):
//
//	{"alg": "EdDSA", "kid": "<id of the key>"}
//	{"iss": "<program>", "aud": "member", "sub": "<member>", "iat": <now>, "exp": <an hour after it at most>}
//
// Whoever has the private key, which is told once, mints tokens without asking Laurel. A program has two keys at most: one in use, and one
// that replaces it.
package tokens
