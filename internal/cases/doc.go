// Package cases runs worked cases: exact facts, kept as data, that the engine must meet.
//
// testdata/semantics.json has cases about this program's own semantics, testdata/peers.json what the tests of other engines
// expect. One runner takes all of them: a translator for each family of cases writes a ruleset in the language of package
// rulesets, turns the case's timeline into events and commands, and reads what is expected from the engine's views.
// testdata/reports holds reports of wrong numbers, each a ruleset with its tests in the form of `laurel test`. LAUREL_CASES
// names a directory whose JSON files of the same names are run as well.
//
// A case that cannot pass is listed with its reason in testdata/exceptions.yaml. It is run all the same, and a listed case
// that passes is an error: it has to leave the list.
package cases
