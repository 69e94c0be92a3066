// Package pki is the certificate authority of an installation: the one that its servers' certificates are signed by, and
// that its clients trust alone.
//
// It never listens, and keeps no state but the files of one directory: ca.pem (the authority, and after a change of it the
// one before), ca.key, and NAME.pem with NAME.key for each server. Each file is whole, old or new; what a killed run left
// half done the next one mends.
//
// Start reading at [Ensure].
package pki
