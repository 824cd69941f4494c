// Package conformance holds tests only: the code of op-program and op-challenger against a hoike binary.
package conformance
