// Package jobs does what time and the outbox ask for. gocron only ticks; what is due lies in the store, and every piece of
// work is an event with a derived id, so that a tick that comes late, twice or after a crash changes nothing but when it
// is done.
//
//	settle    members whose points expire or become available, whose streak breaks, whose tier falls
//	news      members told of a new version or a promotion opened by a call, so that their timers are set anew
//	seasons   seasons of leaderboards closed: final tables, and prizes to those who won, in bounded batches
//	gifts     a group's goal paid to everyone who brought enough, in bounded batches
//	webhooks  what happened, told to receivers outside
//	boards    scores for leaderboards outside this process, absolute and versioned
package jobs
