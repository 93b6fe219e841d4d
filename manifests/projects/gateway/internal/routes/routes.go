// Package routes finds the backend of a request by the longest prefix of its path.
package routes

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"sort"
	"strings"
)

// Route sends what begins with Prefix to Backend, without the prefix.
type Route struct {
	Prefix  string
	Backend *url.URL
}

// Table holds routes, the longest prefix first.
type Table []Route

// Read reads a table from a JSON object of prefixes and backends.
func Read(input io.Reader) (Table, error) {
	var entries map[string]string
	if err := json.NewDecoder(input).Decode(&entries); err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	var table Table
	for prefix, address := range entries {
		backend, err := url.Parse(address)
		if err != nil || backend.Host == "" {
			return nil, fmt.Errorf("routes: %s: %q is no address", prefix, address)
		}
		table = append(table, Route{prefix, backend})
	}
	sort.Slice(table, func(a, b int) bool { return len(table[a].Prefix) > len(table[b].Prefix) })
	return table, nil
}

// Find returns the route of a path and what follows its prefix.
func (table Table) Find(path string) (Route, string, bool) {
	for _, route := range table {
		if strings.HasPrefix(path, route.Prefix) {
			return route, "/" + strings.TrimPrefix(path, route.Prefix), true
		}
	}
	return Route{}, "", false
}
