// Package document reads YAML as records. It knows what a document of Laurel looks like; what
// it means is said by the packages that hand it their tables of fields: rulesets and rulesets/suite.
//
//	Parse ──> Node    a tree without what YAML can do and a document must not; every character of it knows its place
//	Decode ─> Record  a definition, read by the Section that lists its Fields
//	Match ──> Groups  the parts of a short text that is a Phrase: "1 per day", "12 months after earning"
//
// Nothing stops at the first error: a Reporter collects all of them as Diagnostics, each with its place in the file, the
// source line and a suggestion.
package document
