package events

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// All lists an empty value of every event. A topic that is not here does not exist: it cannot be decoded and its
// consumer sends it to the dead letters.
func All() []Event {
	return []Event{
		ApplicationSubmitted{}, ApplicationHealthy{}, ApplicationUnhealthy{}, EntityResized{}, ApplicationWithdrawn{},
		ApplicationGone{},
		ContainerRequested{}, ContainerWaiting{}, ContainerPlaced{}, ContainerAddressed{}, ContainerCleared{},
		ContainerRefused{}, ContainerStarted{}, ContainerHealthy{}, ContainerUnhealthy{}, ContainerRestarted{}, ContainerFailed{},
		ContainerFinished{}, ContainerWithdrawn{}, ContainerRemoved{}, AddressReleased{}, ContainerReleased{},
		ContainerGone{}, EndpointChanged{},
		HostNeeded{}, HostReady{}, HostSuspected{}, HostCordoned{}, HostUncordoned{}, HostFailed{}, OrphanCollected{},
		CloudCreated{}, CloudChanged{}, CloudRemoved{},
		ImageCommitted{}, ImageReady{}, ImageFailed{},
		OperationRequested{}, OperationFinished{}, StreamRefilled{}, EventsPruned{}, EventsImported{},
		TokenCreated{}, TokenRevoked{}, ExecStarted{}, ExecEnded{},
		DeadLetterAdded{}, DeadLetterSettled{},
	}
}

var types = func() map[string]reflect.Type {
	m := map[string]reflect.Type{}
	for _, e := range All() {
		m[e.Topic()] = reflect.TypeOf(e)
	}
	return m
}()

// Decode reads the data of an event of a topic into its struct. The error names an unknown topic or data that is not
// that event; neither is cured by trying again.
func Decode(topic string, data []byte) (Event, error) {
	t, ok := types[topic]
	if !ok {
		return nil, fmt.Errorf("event topic %q is unknown", topic)
	}
	v := reflect.New(t)
	if err := json.Unmarshal(data, v.Interface()); err != nil {
		return nil, fmt.Errorf("decode %s: %w", topic, err)
	}
	return v.Elem().Interface().(Event), nil
}
