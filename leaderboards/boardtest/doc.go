// Package boardtest is the contract of leaderboards.Board as tests, and a Redis for tests to run against.
//
// [Run] checks a board: with cases, with concurrent readers and writers, and with random operations beside a naive
// model, whose seed it prints and takes back from LAUREL_SEED. [StartRedis] and [Redis] give a test a real server.
package boardtest
