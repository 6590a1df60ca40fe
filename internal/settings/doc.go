// Package settings keeps what is set while programs run: a few rows, each a text for a key and some bytes. Start at Store, what an
// implementation has to do; change.go has the writes that everybody uses, Mirror a section of the rows as a reader wants them at
// hand, Watch what tells readers that somebody else has written. Memory is a Store for tests, package settingstest what every
// implementation has to pass.
//
// Several processes, or several parts of one, may write at once: nobody holds a lock over a read and a write. A row is inserted if it is
// absent, and changed or deleted by the revision that it was read at; who comes late is told so, and looks again.
//
//	keys                          values
//	audit/…                       what administrators did, with audit-what/… and audit-head/… (internal/audit)
//	archive                       where full segments of journals go, of a data directory
//	demo                          that the data directory is the demo's
//	files/<program>               the hash of the ruleset in the files of the last start (internal/assembly)
//	keys/<id>                     an API key, without its secret (internal/keys)
//	origins/<program>             from which web pages members' tokens are taken (internal/tokens)
//	planned/<program>             a version that is to come into force (internal/activation)
//	sandbox/<program>             the clock of a program that is a sandbox (internal/clock)
//	secret/<program>              what the ids of erased members are hashed with (internal/program)
//	tokens/<id>                   a key that signs tokens of members (internal/tokens)
//	uses/<id>                     in which hour an API key was last used (internal/keys)
//	versions/<program>/<number>   a version of a program's ruleset (internal/program)
//	webhooks/<id>                 an endpoint with its secrets (internal/webhook)
//	zones/<hash>                  time zone data that a version is judged by (internal/program)
package settings
