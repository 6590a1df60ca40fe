package api

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// mediaTar is what a backup is sent as.
const mediaTar = "application/x-tar"

// backupWrite is how long the reader of a backup may take for a piece of it.
const backupWrite = time.Minute

// sendBackup answers with a backup of the server. One that cannot be finished lacks its end, which readers notice: its last file is the list of
// what it has.
func sendBackup(c call) error {
	s := c.server
	if s.backup == nil {
		return refuse("route_not_found", "this server has no backups")
	}
	h := c.http.Response()
	h.SetStatusCode(http.StatusOK)
	h.Header.SetContentType(mediaTar)
	h.Header.Set("Cache-Control", "no-store")
	if c.http.Method() == head {
		return nil
	}
	conn, by := c.http.Context().Conn(), c.key.ID
	c.http.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		began := time.Now()
		err := s.backup(&patient{w: w, conn: conn})
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			s.log.Error("a backup could not be written", "key", by, "error", err)
			return
		}
		s.log.Info("a backup was written", "key", by, "seconds", time.Since(began).Seconds())
	})
	return nil
}

// patient writes to a reader who may take longer for all of it than for any answer, as long as it goes on.
type patient struct {
	w     io.Writer
	conn  net.Conn
	since time.Time
}

func (p *patient) Write(b []byte) (int, error) {
	if now := time.Now(); now.Sub(p.since) > time.Second {
		if err := p.conn.SetWriteDeadline(now.Add(backupWrite)); err != nil {
			return 0, err
		}
		p.since = now
	}
	return p.w.Write(b)
}
