# make quickstart   install what is missing, build, build five images, show them
# make test         install what is missing, run every test
# make check        format, lint, build with warnings as errors, undeclared imports
# make fuzz         damaged input by the million, ROUNDS=1000000
# make build        the two programs, optimised, in .build/release
# make install      PREFIX=/usr/local
# make projects     build what manifests/projects.yaml lists, run the programs
# make self         the image that build-all runs from in containers, in dist/self; runs it in one
# make bench        beside buildah, on the same work
# make compare      ask BuildKit and buildah for what the tests expect; ROUNDS=500 random builds beside buildah

PREFIX ?= /usr/local
RELEASE := .build/release
BUILD_RELEASE := swift build -c release --static-swift-stdlib -Xlinker -s --product

.PHONY: all build check test fuzz compare quickstart projects self bench install uninstall clean packages

all: build

packages:
	@.ci/packages build run

# swift is asked only when a source is newer than the program: a second quickstart has nothing to wait for.
SOURCES := Package.swift $(shell find Sources -type f)
PROGRAMS := $(RELEASE)/build-all $(RELEASE)/build-all-executor

build: packages $(PROGRAMS)

$(PROGRAMS): $(SOURCES)
	$(BUILD_RELEASE) $(@F)
	@touch $@

check: packages
	swift format lint --strict --recursive Package.swift Sources Tests
	swift build --build-tests --explicit-target-dependency-import-check error

test: packages
	@.ci/packages quickstart test
	@.ci/test

fuzz: packages
	@.ci/packages test
	@.ci/fuzz

quickstart: build
	@.ci/packages quickstart
	@manifests/quickstart/prepare
	@.ci/quickstart

projects: build
	@.ci/packages quickstart projects
	@manifests/quickstart/prepare
	$(RELEASE)/build-all manifests/projects.yaml --state "$${BUILD_ALL_STATE:-$$PWD/.state}"
	@manifests/projects/check

self: build
	@.ci/packages quickstart self
	@manifests/self/prepare
	$(RELEASE)/build-all manifests/self.yaml --state "$${BUILD_ALL_STATE:-$$PWD/.state}"
	@manifests/self/check

ROUNDS ?= 100

compare: packages
	@.ci/packages quickstart test compare
	BUILD_ALL_COMPARE=1 BUILD_ALL_ROUNDS=$(ROUNDS) swift test --filter 'ReferenceTests|RandomComparisonTests'

bench: build
	@.ci/packages quickstart bench
	@.ci/bench

install: build
	install -D -m 0755 $(RELEASE)/build-all $(DESTDIR)$(PREFIX)/bin/build-all
	install -D -m 0755 $(RELEASE)/build-all-executor $(DESTDIR)$(PREFIX)/libexec/build-all-executor

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/build-all $(DESTDIR)$(PREFIX)/libexec/build-all-executor

clean:
	rm -rf .build dist .state
