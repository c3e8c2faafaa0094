// go_mysql decodes a binlog file with go-mysql's parser, the peer of `sync_bench decode`.
//
//	go_mysql FILE
//
// As a program would that follows a binlog for its rows: BinlogParser.ParseFile with its defaults (DECIMAL and DATETIME as text), but that
// checksums are verified, as the other side does. Of every rows event the parser makes [][]interface{} with a Go value for each column. They
// are counted and dropped. Prints one line of JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"
)

type report struct {
	Images  uint64  `json:"images"`
	Bytes   int64   `json:"bytes"`
	Text    uint64  `json:"text_bytes"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_seconds"`
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 || (len(os.Args) == 3 && os.Args[2] != "text") {
		fmt.Fprintln(os.Stderr, "usage: go_mysql FILE [text]")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1)
	countsText := len(os.Args) == 3
	info, err := os.Stat(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := report{Bytes: info.Size()}
	parser := replication.NewBinlogParser()
	parser.SetVerifyChecksum(true)
	used, start := cpuSeconds(), time.Now()
	err = parser.ParseFile(os.Args[1], 0, func(event *replication.BinlogEvent) error {
		rows, ok := event.Event.(*replication.RowsEvent)
		if !ok {
			return nil
		}
		out.Images += uint64(len(rows.Rows))
		if countsText {
			for _, row := range rows.Rows {
				for _, value := range row {
					switch text := value.(type) {
					case string:
						out.Text += uint64(len(text))
					case []byte:
						out.Text += uint64(len(text))
					}
				}
			}
		}
		return nil
	})
	out.Seconds, out.CPU = time.Since(start).Seconds(), cpuSeconds()-used
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	line, _ := json.Marshal(out)
	fmt.Println(string(line))
}
