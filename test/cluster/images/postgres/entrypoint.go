// What the official PostgreSQL image does on its first start, for a server without psql, and pg_isready, which its users' probes call.
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	if filepath.Base(os.Args[0]) == "pg_isready" {
		os.Exit(isReady(os.Args[1:]))
	}
	command := os.Args[1:]
	if len(command) == 0 || strings.HasPrefix(command[0], "-") {
		command = append([]string{"postgres"}, command...)
	}
	if command[0] == "postgres" {
		if _, err := os.Stat(filepath.Join(os.Getenv("PGDATA"), "PG_VERSION")); err != nil {
			initialise(os.Getenv("PGDATA"))
		}
	}
	program, err := exec.LookPath(command[0])
	check(err)
	check(syscall.Exec(program, command, os.Environ()))
}

func initialise(data string) {
	user := or("POSTGRES_USER", "postgres")
	password, method := secret("POSTGRES_PASSWORD"), or("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
	if password == "" && method != "trust" {
		check(fmt.Errorf("database is uninitialized and superuser password is not specified: set POSTGRES_PASSWORD"))
	}
	check(os.MkdirAll(data, 0o700))
	arguments := []string{"-D", data, "--username", user, "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth-local", "trust", "--auth-host", method,
		"--set", "listen_addresses=*", "--set", "unix_socket_directories=/var/run/postgresql"} // as in the official image
	arguments = append(arguments, strings.Fields(os.Getenv("POSTGRES_INITDB_ARGS"))...)
	initdb := exec.Command("initdb", arguments...)
	if password != "" {
		read, write, err := os.Pipe()
		check(err)
		fmt.Fprintln(write, password)
		write.Close()
		initdb.ExtraFiles = []*os.File{read}
		initdb.Args = append(initdb.Args, "--pwfile", "/dev/fd/3")
	}
	run(initdb)
	if database := or("POSTGRES_DB", user); database != "postgres" {
		create := exec.Command("postgres", "--single", "-j", "-D", data, "postgres")
		create.Stdin = strings.NewReader(`CREATE DATABASE "` + strings.ReplaceAll(database, `"`, `""`) + "\";\n\n")
		create.Stderr = os.Stderr
		check(create.Run()) // its standard output is a prompt
	}
	access, err := os.OpenFile(filepath.Join(data, "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	check(err)
	_, err = fmt.Fprintf(access, "\nhost all all all %s\n", method)
	check(err)
	check(access.Close())
	fmt.Println("\nPostgreSQL init process complete; ready for start up.")
}

// isReady answers as pg_isready does: 0 accepting connections, 1 rejecting them, 2 no answer.
func isReady(arguments []string) int {
	host, port := or("PGHOST", "/var/run/postgresql"), or("PGPORT", "5432")
	for i := 0; i+1 < len(arguments); i++ {
		switch arguments[i] {
		case "-h", "--host":
			host = arguments[i+1]
		case "-p", "--port":
			port = arguments[i+1]
		}
	}
	network, address := "tcp", net.JoinHostPort(host, port)
	if strings.HasPrefix(host, "/") {
		network, address = "unix", filepath.Join(host, ".s.PGSQL."+port)
	}
	connection, err := net.DialTimeout(network, address, 3*time.Second)
	if err != nil {
		fmt.Printf("%s:%s - no response\n", host, port)
		return 2
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(3 * time.Second))
	body := append(binary.BigEndian.AppendUint32(nil, 196608), "user\x00postgres\x00database\x00postgres\x00\x00"...)
	connection.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...))
	answer := make([]byte, 8192) // all of it, or closing would reset the connection and the server's log would complain
	n, _ := connection.Read(answer)
	if n == 0 {
		fmt.Printf("%s:%s - no response\n", host, port)
		return 2
	}
	if answer[0] == 'E' && strings.Contains(string(answer[:n]), "C57P03\x00") { // cannot_connect_now
		fmt.Printf("%s:%s - rejecting connections\n", host, port)
		return 1
	}
	fmt.Printf("%s:%s - accepting connections\n", host, port)
	return 0
}

func run(command *exec.Cmd) {
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	check(command.Run())
}

func or(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func secret(name string) string { // NAME, or the content of the file that NAME_FILE names
	if file := os.Getenv(name + "_FILE"); file != "" {
		content, err := os.ReadFile(file)
		check(err)
		return strings.TrimRight(string(content), "\n")
	}
	return os.Getenv(name)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
