module lotse.test/golang-migrate

go 1.26.0

tool github.com/golang-migrate/migrate/v4/cmd/migrate

require (
	github.com/golang-migrate/migrate/v4 v4.20.1 // indirect
	github.com/lib/pq v1.10.9 // indirect
)
