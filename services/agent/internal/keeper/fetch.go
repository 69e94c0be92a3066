package keeper

import "clocker.io/pkg/clocker"

// fetching is a pull that a container waits for. It runs beside the workers: a slow registry holds up nothing else.
type fetching struct {
	finished bool
	err      error
}

// fetch begins to fetch the image of a container, or takes the outcome of a fetch that has finished.
func (k *Keeper) fetch(key string, a clocker.Assignment) (finished bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f := k.fetches[key]; f != nil {
		if f.finished {
			delete(k.fetches, key)
		}
		return f.finished, f.err
	}
	f := &fetching{}
	k.fetches[key] = f
	go func() {
		err := k.Images.Fetch(k.life, a.Image, a.Reference)
		k.mu.Lock()
		f.finished, f.err = true, err
		k.mu.Unlock()
		k.queue.Add(key)
	}()
	return false, nil
}
