module wugan.example/verify

go 1.25

require golang.org/x/mod v0.0.0

// Go's own code, taken from the toolchain when this is built: infra/verifiers/build.py.
replace golang.org/x/mod => ./x-mod
