// Package same holds one build of Laurel against another, for changes that must change no behaviour.
//
// Its test drives a server through HTTP, with the rulesets that are in the repository and with calls that one seed draws:
// events that come now or late, batches, voids, amendments, releases, claims, adjustments, profiles and time zones, enrolments,
// freezes, promotions, erasures, a clock that is moved, a kill and a restart in between, and the activation of a changed
// ruleset. Everything that is answered goes into a transcript, in the end with each member at five instants, ledgers,
// explanations, boards, closed seasons and the bodies of webhooks. The servers are sandboxes whose clocks stand, so that two
// builds that do the same answer the same to the byte.
//
// testdata/base.txt has the digests of the transcripts of the build that behaviour is held to. A change of behaviour on
// purpose records them again, in a commit of its own that says what changes (-record <commit>). `make same` plays this build alone and
// compares digests; `make same BASE=<commit>` builds that commit, too, and shows the first answer that differs.
//
// It takes minutes, so its test has the build tag same, and is a stage of `make gate` of its own.
package same
