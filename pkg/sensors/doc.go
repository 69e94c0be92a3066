// Package sensors is the list of all sensors: their names, units, and what they are of. Names are those that users of
// Brooklyn and of the first Clocker know, wherever there was one.
//
// It measures nothing and keeps nothing: agents measure, the api keeps and adds up.
//
// Start reading at [All].
package sensors
