// Gateway passes requests on to backends, by prefix.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httputil"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/gateway/internal/routes"
)

var version = "unknown"

func handler(table routes.Table) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, version) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		route, rest, found := table.Find(r.URL.Path)
		if !found {
			http.NotFound(w, r)
			return
		}
		r.URL.Path = rest
		httputil.NewSingleHostReverseProxy(route.Backend).ServeHTTP(w, r)
	})
	return mux
}

func check(address string) error {
	answer, err := http.Get(address)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

func serve(listen, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	table, err := routes.Read(file)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	server := &http.Server{Addr: listen, Handler: handler(table), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func main() {
	listen := flag.String("listen", ":8443", "address to listen on")
	path := flag.String("routes", "routes.json", "file of prefixes and backends")
	address := flag.String("check", "", "ask this address and exit")
	flag.Parse()
	var err error
	if *address != "" {
		err = check(*address)
	} else {
		err = serve(*listen, *path)
	}
	if err != nil {
		log.Fatal(err)
	}
}
