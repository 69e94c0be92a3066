package client

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Host is a machine of a cloud; memory in bytes.
type Host struct {
	Host       string          `json:"host"`
	Cloud      string          `json:"cloud"`
	Location   string          `json:"location"`
	Address    string          `json:"address"`
	State      string          `json:"state"`
	Reason     string          `json:"reason"`
	Epoch      int64           `json:"epoch"`
	Memory     int64           `json:"memory"`
	Cores      float64         `json:"cores"`
	Engine     *clocker.Engine `json:"engine"`
	Containers int             `json:"containers"`
	UsedMemory int64           `json:"usedMemory"`
	UsedCores  float64         `json:"usedCores"`
	Cordoned   bool            `json:"cordoned"`
	LastSeen   *time.Time      `json:"lastSeen"`
	ReadyAt    *time.Time      `json:"readyAt"`
	Usage      *HostUsage      `json:"usage"`
}
