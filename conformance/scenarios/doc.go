// Package scenarios holds a test only: op-node's derivation against hoike's, over random L1 chains. It is apart from the other tests since it needs
// little of what they need, and is built in a fraction of the time.
package scenarios
