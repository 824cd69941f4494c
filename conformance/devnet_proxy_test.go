package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// forward has the endpoint behind a proxy answer a request with that body.
type forward func(body []byte) (status int, answer []byte)

// proxy is an endpoint like that at url but for what answer does.
func proxy(t *testing.T, url string, answer func(body []byte, next forward) (int, []byte)) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status, answer := answer(body, func(body []byte) (int, []byte) {
			request, err := http.NewRequestWithContext(r.Context(), r.Method, url+r.URL.RequestURI(), bytes.NewReader(body))
			if err != nil {
				return http.StatusBadGateway, nil
			}
			request.Header.Set("Content-Type", "application/json")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return http.StatusBadGateway, nil
			}
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			if err != nil {
				return http.StatusBadGateway, nil
			}
			return response.StatusCode, bytes.TrimSpace(answer)
		})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// without knows no method that begins with one of these.
func without(methods []string) func(body []byte, next forward) (int, []byte) {
	one := func(body []byte, next forward) []byte {
		var call struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		if json.Unmarshal(body, &call) == nil && slices.ContainsFunc(methods, func(m string) bool { return strings.HasPrefix(call.Method, m) }) {
			return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"the method %s does not exist/is not available"}}`, call.ID, call.Method)
		}
		_, answer := next(body)
		return answer
	}
	return func(body []byte, next forward) (int, []byte) {
		var batch []json.RawMessage
		if json.Unmarshal(body, &batch) != nil {
			return http.StatusOK, one(body, next)
		}
		answers := make([][]byte, len(batch))
		for i, call := range batch {
			answers[i] = one(call, next)
		}
		return http.StatusOK, append(append([]byte{'['}, bytes.Join(answers, []byte{','})...), ']')
	}
}

// unsteady answers every third request only; the others it is too busy for, or has an error of its own.
func unsteady() func(body []byte, next forward) (int, []byte) {
	var count atomic.Uint64
	return func(body []byte, next forward) (int, []byte) {
		switch count.Add(1) % 3 {
		case 0:
			return next(body)
		case 1:
			return http.StatusTooManyRequests, []byte(`{"error":"slow down"}`)
		default:
			return http.StatusBadGateway, []byte("<html>bad gateway</html>")
		}
	}
}

// nothing is never there.
func nothing([]byte, forward) (int, []byte) { return http.StatusServiceUnavailable, nil }

// spoiled has a digit wrong in the middle of everything that is longer than a hash and an address.
func spoiled(body []byte, next forward) (int, []byte) {
	status, answer := next(body)
	return status, long.ReplaceAllFunc(answer, func(hex []byte) []byte {
		middle := len(hex) / 2
		if hex[middle] == '0' {
			hex[middle] = '1'
		} else {
			hex[middle] = '0'
		}
		return hex
	})
}

var long = regexp.MustCompile(`0x[0-9a-f]{65,}`)
