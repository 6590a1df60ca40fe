package settings

import "errors"

// Insert writes a row unless there is one under its key, and returns the one that is there then: whoever inserts the same key at the
// same time, all get the same row. inserted tells whose it is.
func Insert(s Store, key string, value []byte) (r Row, inserted bool, err error) {
	for {
		revision, err := s.Apply(Whenever, Change{Key: key, Value: value})
		if err == nil {
			return Row{Key: key, Value: value, Revision: revision}, true, nil
		}
		if !errors.Is(err, ErrConflict) {
			return Row{}, false, err
		}
		if r, err = s.Get(key); !errors.Is(err, ErrAbsent) { // else it was deleted meanwhile
			return r, false, err
		}
	}
}

// Update writes what change makes of the value of a row. Where somebody else was faster, change is asked again about the new value; an
// error of it ends the update. A row that is not there is ErrAbsent.
func Update(s Store, key string, change func(value []byte) ([]byte, error)) (Row, error) {
	for {
		r, err := s.Get(key)
		if err != nil {
			return Row{}, err
		}
		if r.Value, err = change(r.Value); err != nil {
			return Row{}, err
		}
		if r.Revision, err = s.Apply(Whenever, Change{Key: key, Value: r.Value, Was: r.Revision}); !errors.Is(err, ErrConflict) {
			return r, err
		}
	}
}

// Put writes a row, whether or not there is one.
func Put(s Store, key string, value []byte) error {
	_, err := put(s, key, value)
	return err
}

func put(s Store, key string, value []byte) (Row, error) {
	r, inserted, err := Insert(s, key, value)
	if err != nil || inserted {
		return r, err
	}
	r, err = Update(s, key, func([]byte) ([]byte, error) { return value, nil })
	if errors.Is(err, ErrAbsent) {
		return put(s, key, value)
	}
	return r, err
}

// Delete deletes a row, whatever its value is. One that is not there is no error.
func Delete(s Store, key string) error {
	for {
		r, err := s.Get(key)
		if err == nil {
			_, err = s.Apply(Whenever, Change{Key: key, Was: r.Revision})
		}
		switch {
		case errors.Is(err, ErrAbsent):
			return nil
		case !errors.Is(err, ErrConflict):
			return err
		}
	}
}
