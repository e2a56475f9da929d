module lotse.dev/bench/measure

go 1.26
