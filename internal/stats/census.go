package stats

type census struct{}
