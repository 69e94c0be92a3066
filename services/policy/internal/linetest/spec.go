package linetest

import "clocker.io/pkg/clocker"

// Shop is the example: two web members that wait for the store and know its address and their own host port's.
func Shop() clocker.Application {
	return clocker.Application{ID: "shop", Name: "Shop", Cloud: "my-docker-cloud", Entities: []clocker.Entity{
		{ID: "web", Name: "web", Image: clocker.ImageSource{Dockerfile: "FROM scratch"}, Size: 2,
			OpenPorts: []clocker.Port{{Port: 8080, Protocol: "tcp"}},
			Env: []clocker.EnvVar{{Name: "STORE", Value: clocker.Value{Format: "%s:6379", Args: []clocker.Value{
				{Ref: &clocker.SensorRef{Entity: "store", Sensor: clocker.SensorAddress}}}}}},
			Latch: &clocker.SensorRef{Entity: "store", Sensor: clocker.SensorIsUp}},
		{ID: "store", Name: "store", Image: clocker.ImageSource{Reference: "docker.io/library/redis:7"}, Size: 1,
			Volumes: []clocker.Volume{{Name: "data", Path: "/data"}}},
	}}
}
