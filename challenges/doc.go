// Package challenges holds the progress machines: what a count means for a challenge, a streak, a badge or a tier.
//
// It is pure. A Tally folds contributions of one period so that their order of arrival does not matter; a Streak finds the
// run of periods that were qualified or bridged; a Ladder finds the tier level that metrics and time allow. Package engine
// decides which event contributes what, and gives what a goal gives.
package challenges
