package main

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/boards"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// openRedis is the Redis of the leaderboards; nil where they are in process. One that does not answer is no reason not to start.
func openRedis(ctx context.Context, o serveOptions, log *slog.Logger) (*boards.Redis, error) {
	if o.redis == "" {
		if o.redisCA != "" {
			return nil, &failure{exitUsage, "--redis-ca goes with --redis, which is missing"}
		}
		return nil, nil
	}
	roots, err := authorities(o.redisCA)
	if err != nil {
		return nil, err
	}
	board, err := redisboard.Open(o.redis, roots)
	if err != nil {
		return nil, &failure{exitUsage, "--redis: " + strings.TrimPrefix(err.Error(), "redisboard: ")}
	}
	redis := boards.NewRedis(board, log)
	var form *redisboard.FormError
	if err := redis.Look(ctx); errors.As(err, &form) || err != nil && errors.As(board.Speaks(ctx), &form) {
		return nil, errors.Join(&failure{exitUsage, "--redis: " + form.Error()}, redis.Close())
	}
	return redis, nil
}

// boardsFor are the boards of the program that has a store: in memory, its own, or on the Redis where there is one.
func boardsFor(redis *boards.Redis) func(engine.Store) leaderboards.Board {
	return func(store engine.Store) leaderboards.Board {
		if redis == nil {
			return leaderboards.NewMemory()
		}
		return redis.Of(store)
	}
}

// authorities reads the file of --redis-ca.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return nil, &failure{exitUsage, "--redis-ca: " + file + " is no file"}
	}
	text, err := os.ReadFile(file) //nolint:gosec // whoever starts the server says which
	if err != nil {
		return nil, &failure{exitUsage, "--redis-ca: " + err.Error()}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, &failure{exitUsage, "--redis-ca: " + file + " holds no certificate: name a file in PEM, with lines BEGIN CERTIFICATE"}
	}
	return roots, nil
}

// metricsOf are those of the machine's clock, and of the Redis.
func metricsOf(machine *clock.Clock, redis *boards.Redis) []prometheus.Collector {
	list := clockMetrics(machine)
	if redis != nil {
		list = append(list, redis)
	}
	return list
}
