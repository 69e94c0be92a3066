package events

// ImageCommitted says that an image was made that did not exist before.
type ImageCommitted struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Key         string `json:"key"`
	Image       string `json:"image"` // image id, sha256:...
	Size        int64  `json:"size"`  // bytes
}

// ImageReady says that an image an application asked for can be run.
type ImageReady struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Key         string `json:"key"`
	Image       string `json:"image"`               // image id, sha256:...
	Reference   string `json:"reference,omitempty"` // to pull it by on a host that lacks it
}

// ImageFailed says that an image an application asked for cannot be had. What a failed build printed last is in the
// image's record, not here.
type ImageFailed struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Key         string `json:"key"`
	Reason      string `json:"reason"`
}

func (ImageCommitted) Topic() string { return "image.committed" }
func (ImageReady) Topic() string     { return "image.ready" }
func (ImageFailed) Topic() string    { return "image.failed" }

func (e ImageCommitted) Scope() Scope { return applicationScope(e.Application, e.Key) }
func (e ImageReady) Scope() Scope     { return applicationScope(e.Application, e.Key) }
func (e ImageFailed) Scope() Scope    { return applicationScope(e.Application, e.Key) }
