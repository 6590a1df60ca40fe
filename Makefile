# Everything the project needs is installed by these targets: `make gate` is the whole gate, `make help` lists the rest.

GOLANGCI := v2.15.0
YAMLLS   := 1.25.0
TOOLS    := $(CURDIR)/.tools

.DEFAULT_GOAL := help
.PHONY: help build gate test race lint editor deploy ports planted same oracle crash power nightly vuln fuzz bench demo zones tidy redis clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build the binary, ./laurel
	go build -o laurel ./cmd/laurel

# Each stage says how long it took.
gate: ## Run the gate: test, lint, same, editor, deploy, ports
	@for stage in test lint same editor deploy ports; do \
	  begun=$$(date +%s); $(MAKE) --no-print-directory $$stage || exit 1; echo "== $$stage: $$(($$(date +%s) - begun)) s"; \
	done

test: redis ## Run all tests, with a real Redis that they start themselves
	go vet ./...
	go test -timeout 20m ./...

race: redis ## Run all tests under the race detector
	go test -race -timeout 40m ./...

lint: $(TOOLS)/golangci-lint-$(GOLANGCI) ## Run the linters, at a pinned version
	$(TOOLS)/golangci-lint-$(GOLANGCI) run ./...

editor: $(TOOLS)/yaml-language-server-$(YAMLLS) ## Show what an editor offers at three places of a ruleset, and compare
	@go run ./cmd/laurel schema > $(TOOLS)/ruleset.schema.json
	@for place in section field value; do \
	  echo "== $$place"; \
	  node rulesets/testdata/editor/complete.mjs $</node_modules/yaml-language-server/bin/yaml-language-server \
	    $(TOOLS)/ruleset.schema.json rulesets/testdata/editor/$$place.yaml | tee $(TOOLS)/offered.txt; \
	  diff rulesets/testdata/editor/$$place.offered.txt $(TOOLS)/offered.txt || exit 1; \
	done

$(TOOLS)/yaml-language-server-$(YAMLLS):
	@command -v npm >/dev/null || \
	  { echo "installing npm"; sudo=$$(command -v sudo || true); $$sudo apt-get update -qq && $$sudo apt-get install -y -qq npm >/dev/null; }
	npm install --silent --no-fund --no-audit --prefix $@ yaml-language-server@$(YAMLLS)

deploy: ## Let Prometheus and systemd read what is in deploy, where Debian has them
	@if command -v apt-get >/dev/null; then \
	  if [ ! -x $(TOOLS)/promtool ]; then \
	    rm -rf $(TOOLS)/prometheus && mkdir -p $(TOOLS)/prometheus && cd $(TOOLS)/prometheus || exit 1; \
	    sudo=$$([ "$$(id -u)" = 0 ] || command -v sudo || true); $$sudo apt-get update -qq; \
	    apt-get download -qq prometheus 2>/dev/null && dpkg-deb -x prometheus*.deb . && mv usr/bin/promtool $(TOOLS)/promtool || exit 1; \
	    cd $(CURDIR) && rm -rf $(TOOLS)/prometheus; \
	  fi; \
	  $(TOOLS)/promtool check config deploy/prometheus/prometheus.yml || exit 1; \
	else echo "without apt-get the tests alone look at deploy/prometheus"; fi
	@if command -v systemd-analyze >/dev/null; then \
	  sed 's#/usr/local/bin/laurel#/bin/true#' deploy/systemd/laurel.service > $(TOOLS)/laurel.service && systemd-analyze verify $(TOOLS)/laurel.service; \
	else echo "without systemd-analyze the tests alone look at deploy/systemd"; fi

ports: ## Compile for every system that Laurel runs on
	@for port in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do \
	  CGO_ENABLED=0 GOOS=$${port%/*} GOARCH=$${port#*/} go build ./... || { echo "it does not compile for $$port" >&2; exit 1; }; \
	done

fuzz: ## Run every fuzz target for FUZZTIME (default 30s) each
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
	  for name in $$(grep -oE '^func Fuzz[A-Za-z]+' $$target | cut -c6-); do \
	    go test -run '^$$' -fuzz "^$$name$$" -fuzztime $${FUZZTIME:-30s} ./$$(dirname $$target) || exit 1; \
	  done; \
	done

planted: ## Take each correction back alone, and see who finds it (half an hour)
	go test -tags planted -timeout 120m -v ./engine/enginetest/planted

same: ## Hold this build's answers to the recorded ones; make same BASE=<commit> shows the first that differ from that build's
	@if [ -n "$(BASE)" ]; then \
	  git rev-parse --quiet --verify "$(BASE)^{commit}" >/dev/null || { echo "BASE=$(BASE) is no commit of this repository" >&2; exit 1; }; \
	  rm -rf $(TOOLS)/base && git worktree prune && git worktree add --quiet --detach $(TOOLS)/base "$(BASE)" || exit 1; \
	  (cd $(TOOLS)/base && go build -o $(TOOLS)/laurel-base ./cmd/laurel); built=$$?; \
	  git worktree remove --force $(TOOLS)/base; [ $$built = 0 ] || exit 1; \
	fi; \
	go test -tags same ./internal/same -run TestSame $(if $(BASE),-base $(TOOLS)/laurel-base) -events $${EVENTS:-200000} -parallel 4 -count 1 -v -timeout 2h

oracle: ## Hold the engine against the oracle over 5 million events of new histories, or from SEED on (an hour)
	go test ./engine/enginetest/oracle -run TestTheEngineAgreesWithTheOracle -seed $${SEED:-0} -events 5000000 -v -timeout 5h

crash: redis ## Kill a server 1,000 times under load, a Redis with it, and check what came of every call
	go test ./cmd/laurel -run 'TestCrash$$' -kills 1000 -v -timeout 2h

power: ## Simulate 10,000 losses of power
	go test ./internal/store/pebblestore -run PowerCut -seeds 3334 -v -timeout 2h
	go test ./internal/store/segments -run PowerCut -seeds 500 -v -timeout 2h

nightly: race oracle crash power planted fuzz ## Everything in its whole form (hours); docs/verification.md keeps the dates

vuln: ## Look for known holes in the libraries (needs vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...

bench: build ## Measure this machine (see laurel bench --help)
	./laurel bench

demo: ## Serve the shipped coffee program with invented members
	go run ./cmd/laurel serve --demo

# Debian's tzdata follows the IANA database within days; Go's lib/time/zoneinfo.zip follows it with Go's releases. What the data
# lacks of zones that are embedded already stays.
zones: ## Bring the embedded time zones up to date: from Debian's tzdata, or ZONES=a zoneinfo directory or zip [RELEASE=2026a]
	@if [ -n "$(ZONES)" ]; then from="$(ZONES)"; else \
	  command -v apt-get >/dev/null || { echo "make zones needs apt-get, or ZONES=$$(go env GOROOT)/lib/time/zoneinfo.zip with the RELEASE of its update.bash" >&2; exit 1; }; \
	  sudo=$$([ "$$(id -u)" = 0 ] || command -v sudo || true); $$sudo apt-get update -qq; \
	  rm -rf $(TOOLS)/tzdata && mkdir -p $(TOOLS)/tzdata && cd $(TOOLS)/tzdata && apt-get download -qq tzdata && dpkg-deb -x tzdata*.deb . && cd $(CURDIR); \
	  from=$(TOOLS)/tzdata/usr/share/zoneinfo; fi; \
	go run ./internal/zonefile/pack "$$from" engine/calendar/zoneinfo.zip $(RELEASE)

tidy: ## Bring go.mod and go.sum up to date and verify them
	go mod tidy
	go mod verify

# The tests of the Redis board run a real server on a free port of the loopback interface, and fail without one.
redis:
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || \
	  { echo "installing redis-server"; \
	    if command -v apt-get >/dev/null; then sudo=$$(command -v sudo || true); \
	      $$sudo apt-get update -qq && $$sudo apt-get install -y -qq redis-server >/dev/null; \
	    elif command -v brew >/dev/null; then brew install -q redis; fi; }
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || \
	  { echo "make test needs redis-server or valkey-server; please install one of them" >&2; exit 1; }

$(TOOLS)/golangci-lint-$(GOLANGCI):
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	mv $(TOOLS)/golangci-lint $@

clean: ## Remove what the targets made
	rm -rf laurel $(TOOLS)
