// Package planted measures what the tests are worth: each patch in testdata takes one correction back, alone, and the oracle has to
// find it within 200,000 events; where it cannot, the property tests of package engine have to. `make planted` runs them all on
// copies of the source, and prints which of the two found each, and how soon.
package planted
