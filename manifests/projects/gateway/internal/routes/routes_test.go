package routes

import (
	"strings"
	"testing"
)

func TestLongestPrefixWins(t *testing.T) {
	table, err := Read(strings.NewReader(`{"/a/": "http://one", "/a/b/": "http://two"}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/a/x": "one /x", "/a/b/x": "two /x", "/c": ""} {
		got := ""
		if route, rest, found := table.Find(path); found {
			got = route.Backend.Host + " " + rest
		}
		if got != want {
			t.Errorf("%s: %q, not %q", path, got, want)
		}
	}
}

func TestBackendMustBeAnAddress(t *testing.T) {
	if _, err := Read(strings.NewReader(`{"/a/": "nowhere"}`)); err == nil {
		t.Error("accepted")
	}
}
