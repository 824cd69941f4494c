// Package executions has random blocks executed by op-program's block builder, on op-geth, and compares them with what hoike's executor makes of them.
package executions
