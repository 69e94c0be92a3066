package http

import (
	"fmt"
	"strconv"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"
)

// planOf says what a blueprint would do.
func planOf(app clocker.Application) view.Plan {
	plan := view.Plan{Application: app.ID, Name: app.Name, Cloud: app.Cloud, Network: app.CIDR, Notes: []string{}}
	for _, e := range app.Entities {
		plan.Containers += e.Size
		plan.Memory += e.Resources.ReservedMemory() * int64(e.Size)
		plan.Cores += e.Resources.MinCores * float64(e.Size)
		plan.Entities = append(plan.Entities, planEntity(e))
		if len(e.DirectPorts) > 0 && e.Size > 1 {
			plan.Notes = append(plan.Notes, fmt.Sprintf(
				"%s has %d members on fixed host ports: each needs a host of its own", e.ID, e.Size))
		}
		if e.Size == 0 {
			plan.Notes = append(plan.Notes, e.ID+" has no members until it is resized")
		}
	}
	return plan
}

func planEntity(e clocker.Entity) view.PlanEntity {
	p := view.PlanEntity{Entity: e.ID, Name: e.Name, Size: e.Size, Image: view.ImageText(e.Image), ImageKey: e.Image.Key(),
		Ports: []string{}, WaitsFor: view.WaitsFor(e)}
	for _, port := range e.OpenPorts {
		p.Ports = append(p.Ports, strconv.Itoa(port.Port)+"/"+port.Protocol)
	}
	for _, port := range e.DirectPorts {
		p.Ports = append(p.Ports, fmt.Sprintf("%d:%d/%s", port.Port, port.Port, port.Protocol))
	}
	return p
}
