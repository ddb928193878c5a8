// Makes the calls that the Terraform provider bpg/proxmox makes for a VM that is cloned, changed,
// imported and destroyed, and reads the answers into types as narrow as the provider's own.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// flag is 0 or 1, as a number or a text.
type flag bool

func (f *flag) UnmarshalJSON(data []byte) error {
	switch strings.Trim(string(data), `"`) {
	case "0":
		*f = false
	case "1":
		*f = true
	default:
		return fmt.Errorf("%s is no flag", data)
	}
	return nil
}

// whole is a number that may stand in quotes.
type whole int64

func (w *whole) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	*w = whole(n)
	return err
}

// properties is a text such as "virtio=BC:24:11:00:00:01,bridge=vmbr0".
type properties map[string]string

func (p *properties) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*p = properties{}
	for _, part := range strings.Split(text, ",") {
		key, value, found := strings.Cut(part, "=")
		if !found {
			key, value = "", part
		}
		(*p)[key] = value
	}
	return nil
}

type config struct {
	Agent       properties `json:"agent"`
	Balloon     *int       `json:"balloon"`
	Boot        *string    `json:"boot"`
	Password    *string    `json:"cipassword"`
	User        *string    `json:"ciuser"`
	Upgrade     *flag      `json:"ciupgrade"`
	Cores       *int       `json:"cores"`
	CPU         properties `json:"cpu"`
	Description *string    `json:"description"`
	Digest      string     `json:"digest"`
	IDE2        properties `json:"ide2"`
	IPConfig0   properties `json:"ipconfig0"`
	KVM         *flag      `json:"kvm"`
	Lock        *string    `json:"lock"`
	Memory      *whole     `json:"memory"`
	Meta        properties `json:"meta"`
	Name        *string    `json:"name"`
	Nameserver  *string    `json:"nameserver"`
	Net0        properties `json:"net0"`
	NUMA        *flag      `json:"numa"`
	OnBoot      *flag      `json:"onboot"`
	OSType      *string    `json:"ostype"`
	Protection  *flag      `json:"protection"`
	SCSI0       properties `json:"scsi0"`
	SCSIHW      *string    `json:"scsihw"`
	Serial0     *string    `json:"serial0"`
	SMBIOS      properties `json:"smbios1"`
	Sockets     *int       `json:"sockets"`
	SSHKeys     *string    `json:"sshkeys"`
	Startup     properties `json:"startup"`
	Tablet      *flag      `json:"tablet"`
	Tags        *string    `json:"tags"`
	Template    *flag      `json:"template"`
	VGA         properties `json:"vga"`
	VMGenID     *string    `json:"vmgenid"`
}

type status struct {
	Agent     *flag    `json:"agent"`
	CPUs      *float64 `json:"cpus"`
	Lock      *string  `json:"lock"`
	MaxMem    *int     `json:"maxmem"`
	Name      *string  `json:"name"`
	PID       *int     `json:"pid"`
	QMPStatus *string  `json:"qmpstatus"`
	MaxDisk   *int     `json:"maxdisk"`
	Status    string   `json:"status"`
	Tags      *string  `json:"tags"`
	Uptime    *int     `json:"uptime"`
	VMID      *int     `json:"vmid"`
}

type taskStatus struct {
	PID        int    `json:"pid"`
	Status     string `json:"status"`
	ExitStatus string `json:"exitstatus"`
}

type interfaces struct {
	Result *[]struct {
		MAC       string `json:"hardware-address"`
		Name      string `json:"name"`
		Addresses *[]struct {
			Address string `json:"ip-address"`
			Prefix  int    `json:"prefix"`
			Type    string `json:"ip-address-type"`
		} `json:"ip-addresses"`
		Statistics *struct {
			RX int `json:"rx-bytes"`
			TX int `json:"tx-bytes"`
		} `json:"statistics"`
	} `json:"result"`
}

type resource struct {
	ID       string  `json:"id"`
	Type     string  `json:"type"`
	Node     string  `json:"node"`
	Name     string  `json:"name"`
	VMID     int     `json:"vmid"`
	Status   string  `json:"status"`
	Template flag    `json:"template"`
	Tags     string  `json:"tags"`
	CPU      float64 `json:"cpu"`
	MaxMem   int64   `json:"maxmem"`
	Storage  string  `json:"storage"`
}

type refusal struct {
	status int
	reason string
	body   string
}

func (r refusal) Error() string {
	return fmt.Sprintf("received an HTTP %d response - Reason: %s (%s)", r.status, r.reason, r.body)
}

type api struct {
	url    string
	header string
	http   *http.Client
}

func (a api) call(method, path string, params url.Values, into any) error {
	var body io.Reader
	if params != nil {
		body = strings.NewReader(params.Encode())
	}
	req, err := http.NewRequest(method, a.url+"/api2/json/"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", a.header)
	req.Header.Set("Accept", "application/json")
	if params != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := a.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		_, reason, _ := strings.Cut(res.Status, " ")
		return refusal{res.StatusCode, reason, string(text)}
	}
	if into == nil {
		return nil
	}
	answer := struct {
		Data any `json:"data"`
	}{into}
	return json.NewDecoder(bytes.NewReader(text)).Decode(&answer)
}

func (a api) get(path string, into any) { must(a.call("GET", path, nil, into)) }

// run makes a call that answers a UPID and waits for the task.
func (a api) run(method, path string, params url.Values) {
	var upid string
	must(a.call(method, path, params, &upid))
	node := strings.Split(upid, ":")[1]
	for range 600 {
		var task taskStatus
		a.get("nodes/"+node+"/tasks/"+url.PathEscape(upid)+"/status", &task)
		if task.Status != "running" {
			expect(task.ExitStatus == "OK" || strings.HasPrefix(task.ExitStatus, "WARNINGS"), "%s: %s", upid, task.ExitStatus)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	expect(false, "%s does not end", upid)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(condition bool, format string, args ...any) {
	if !condition {
		panic(fmt.Errorf(format, args...))
	}
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

var passed int

func step(name string, do func()) {
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Printf("  FAILED: %s: %v\n", name, fault)
			os.Exit(1)
		}
	}()
	do()
	passed++
	fmt.Printf("  ok: %s\n", name)
}

func connect() api {
	pem, err := os.ReadFile(os.Getenv("PROXMOX_CA"))
	must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	a := api{
		url:  "https://" + os.Getenv("PROXMOX_HOST") + ":" + os.Getenv("PROXMOX_PORT"),
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}},
	}
	var ticket struct {
		CSRF     string `json:"CSRFPreventionToken"`
		Ticket   string `json:"ticket"`
		Username string `json:"username"`
	}
	login := url.Values{"username": {"root@pam"}, "password": {os.Getenv("PROXMOX_ROOT_PASSWORD")}}
	must(a.call("POST", "access/ticket", login, &ticket))
	// Ticket users make themselves a token, with which all else is done.
	var token struct {
		Value string `json:"value"`
	}
	asRoot := a
	asRoot.http = &http.Client{Transport: &withTicket{a.http.Transport, ticket.Ticket, ticket.CSRF}}
	must(asRoot.call("POST", "access/users/root@pam/token/terraform", url.Values{"privsep": {"0"}}, &token))
	a.header = "PVEAPIToken=root@pam!terraform=" + token.Value
	return a
}

type withTicket struct {
	next         http.RoundTripper
	ticket, csrf string
}

func (w *withTicket) RoundTrip(req *http.Request) (*http.Response, error) {
	req.Header.Del("Authorization")
	req.AddCookie(&http.Cookie{Name: "PVEAuthCookie", Value: url.QueryEscape(w.ticket)})
	req.Header.Set("CSRFPreventionToken", w.csrf)
	return w.next.RoundTrip(req)
}

const (
	node   = "pve1"
	source = 9000
	key    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4L3bWb0b0Y2m5Cw2fZz1o9q3Xb6m0h3y8C1Q5dZkXy tf@example"
)

func main() {
	var a api
	step("configure the provider: log in, make a token, read the version", func() {
		a = connect()
		var version struct {
			Version string `json:"version"`
			Release string `json:"release"`
		}
		a.get("version", &version)
		expect(regexp.MustCompile(`^\d+\.\d+`).MatchString(version.Version), "version %q", version.Version)
	})
	step("data sources: nodes, storages, contents, pools, resources, permissions", func() { readDataSources(a) })

	id := 0
	step("take the next id and find the template", func() {
		var next string
		a.get("cluster/nextid", &next)
		id, _ = strconv.Atoi(next)
		must(a.call("GET", fmt.Sprintf("cluster/nextid?vmid=%d", id), nil, nil))
		taken, isRefusal := a.call("GET", fmt.Sprintf("cluster/nextid?vmid=%d", source), nil, nil).(refusal)
		expect(isRefusal && taken.status == 400 && strings.Contains(taken.body, "already exists"), "%v", taken)
		var resources []resource
		a.get("cluster/resources?type=vm", &resources)
		for _, r := range resources {
			if r.VMID == source {
				expect(r.Node == node && bool(r.Template), "%+v", r)
				return
			}
		}
		expect(false, "the template is not among %+v", resources)
	})
	vm := fmt.Sprintf("nodes/%s/qemu/%d", node, id)
	step("create: clone in full and wait until the lock is gone", func() {
		clone := url.Values{"full": {"1"}, "name": {"tf-vm"}, "newid": {strconv.Itoa(id)}, "target": {node}, "storage": {"dir1"}, "description": {"Managed by Terraform"}}
		a.run("POST", fmt.Sprintf("nodes/%s/qemu/%d/clone", node, source), clone)
		for range 100 {
			var c config
			a.get(vm+"/config", &c)
			if c.Lock == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		expect(false, "the lock stays")
	})
	step("create: configure hardware, network and cloud-init in one call", func() {
		update := url.Values{
			"agent": {"enabled=1,fstrim_cloned_disks=0,type=virtio"}, "balloon": {"0"}, "cores": {"2"}, "cpu": {"cputype=x86-64-v2-AES"},
			"memory": {"1024"}, "name": {"tf-vm"}, "net0": {"model=virtio,bridge=vmbr0,firewall=0"}, "numa": {"0"}, "onboot": {"1"},
			"ostype": {"l26"}, "protection": {"0"}, "scsihw": {"virtio-scsi-pci"}, "sockets": {"1"}, "startup": {"order=3,up=60,down=60"}, "tablet": {"1"},
			"tags": {"terraform;web"}, "ciuser": {"cust"}, "cipassword": {"secret-password"}, "ipconfig0": {"gw=10.10.0.1,ip=10.10.0.77/24"},
			"nameserver": {"1.1.1.1 9.9.9.9"}, "sshkeys": {strings.ReplaceAll(url.QueryEscape(key), "+", "%20")},
			"ide2": {"file=dir1:cloudinit,media=cdrom"}, "delete": {"shares,vcpus"},
		}
		// The drive is there from the template: taken out first, as the provider does.
		must(a.call("PUT", vm+"/config", url.Values{"delete": {"ide2"}}, nil))
		must(a.call("PUT", vm+"/config", update, nil))
	})
	step("create: grow the disk", func() {
		a.run("PUT", vm+"/resize", url.Values{"disk": {"scsi0"}, "size": {"4G"}})
	})
	step("create: start, wait for running and for an address from the agent", func() {
		a.run("POST", vm+"/status/start", url.Values{"timeout": {"1800"}})
		waitFor(a, vm, "running")
		waitForAddress(a, vm, "10.10.0.77")
	})
	var applied config
	step("read: everything is as it was set", func() {
		applied = read(a, vm)
		expect(text(applied.Name) == "tf-vm" && *applied.Cores == 2 && *applied.Memory == 1024 && *applied.Balloon == 0, "%+v", applied)
		expect(applied.SCSI0["size"] == "4G" && strings.HasPrefix(applied.SCSI0[""], "dir1:"), "%v", applied.SCSI0)
		expect(applied.IDE2["media"] == "cdrom" && strings.Contains(applied.IDE2[""], "cloudinit"), "%v", applied.IDE2)
		expect(applied.Net0["bridge"] == "vmbr0" && len(applied.Net0["virtio"]) == 17, "%v", applied.Net0)
		expect(applied.IPConfig0["ip"] == "10.10.0.77/24" && applied.IPConfig0["gw"] == "10.10.0.1", "%v", applied.IPConfig0)
		expect(text(applied.Tags) == "terraform;web" && text(applied.Nameserver) == "1.1.1.1 9.9.9.9", "%s", text(applied.Tags))
		keys, err := url.PathUnescape(text(applied.SSHKeys))
		expect(err == nil && strings.TrimSpace(keys) == key, "%s", keys)
		expect(applied.Agent["enabled"] == "1" && applied.CPU["cputype"]+applied.CPU[""] == "x86-64-v2-AES", "%v %v", applied.Agent, applied.CPU)
		expect(applied.Startup["order"] == "3" && bool(*applied.OnBoot), "%v", applied.Startup)
		expect(text(applied.Description) == "Managed by Terraform" && strings.Trim(text(applied.Password), "*") == "", "%q", text(applied.Description))
	})
	step("plan again: no changes", func() { expect(reflect.DeepEqual(read(a, vm), applied), "the second read differs") })
	step("change: memory and tags while it runs, then the reboot that they need", func() {
		must(a.call("PUT", vm+"/config", url.Values{"memory": {"2048"}, "tags": {"terraform"}}, nil))
		var pending []struct {
			Key     string `json:"key"`
			Value   any    `json:"value"`
			Pending any    `json:"pending"`
		}
		a.get(vm+"/pending", &pending)
		waits := false
		for _, p := range pending {
			waits = waits || p.Key == "memory" && fmt.Sprint(p.Pending) == "2048"
		}
		expect(waits, "memory is not pending: %+v", pending)
		a.run("POST", vm+"/status/reboot", url.Values{"timeout": {"1800"}})
		waitFor(a, vm, "running")
		waitForAddress(a, vm, "10.10.0.77")
		var now status
		a.get(vm+"/status/current", &now)
		expect(*now.MaxMem == 2048<<20, "%d bytes", *now.MaxMem)
	})
	step("change: grow the disk of the running VM", func() {
		a.run("PUT", vm+"/resize", url.Values{"disk": {"scsi0"}, "size": {"6G"}})
		expect(read(a, vm).SCSI0["size"] == "6G", "size")
	})
	step("import: read a VM by node and id alone", func() {
		imported := read(a, vm)
		expect(*imported.Memory == 2048 && text(imported.Tags) == "terraform", "%+v", imported)
	})
	step("destroy: shut down, delete with its disks, and find nothing", func() {
		a.run("POST", vm+"/status/shutdown", url.Values{"forceStop": {"1"}, "timeout": {"1800"}})
		waitFor(a, vm, "stopped")
		a.run("DELETE", vm+"?destroy-unreferenced-disks=1&purge=1", nil)
		gone, isRefusal := a.call("GET", vm+"/config", nil, nil).(refusal)
		// How the provider tells a VM that is gone from other failures.
		expect(isRefusal && gone.status == 500 && strings.Contains(gone.reason, "does not exist"), "%v", gone)
		var left []struct {
			VolID string `json:"volid"`
		}
		a.get(fmt.Sprintf("nodes/%s/storage/dir1/content?vmid=%d&content=images", node, id), &left)
		expect(len(left) == 0, "%v", left)
	})
	fmt.Printf("terraform calls: %d steps passed, 0 not tried\n", passed)
}

func readDataSources(a api) {
	var nodes []struct {
		Node   string  `json:"node"`
		Status string  `json:"status"`
		CPU    float64 `json:"cpu"`
		MaxCPU int     `json:"maxcpu"`
		MaxMem int64   `json:"maxmem"`
		Uptime int     `json:"uptime"`
		Cert   string  `json:"ssl_fingerprint"`
	}
	a.get("nodes", &nodes)
	expect(len(nodes) > 0 && nodes[0].Status == "online", "%+v", nodes)
	var host struct {
		CPU struct {
			Cores   *int   `json:"cores"`
			CPUs    *int   `json:"cpus"`
			Sockets *int   `json:"sockets"`
			MHz     string `json:"mhz"`
			Model   string `json:"model"`
		} `json:"cpuinfo"`
		Memory struct{ Total, Used, Free, Available *int64 }
		Load   []string `json:"loadavg"`
		PVE    string   `json:"pveversion"`
		Uptime *int     `json:"uptime"`
		Kernel struct {
			Release string `json:"release"`
		} `json:"current-kernel"`
	}
	a.get("nodes/"+node+"/status", &host)
	expect(*host.CPU.Cores > 0 && *host.Memory.Total > 0 && len(host.Load) == 3, "%+v", host)
	var stores []struct {
		Storage  string  `json:"storage"`
		Type     string  `json:"type"`
		Content  string  `json:"content"`
		Active   flag    `json:"active"`
		Enabled  flag    `json:"enabled"`
		Shared   flag    `json:"shared"`
		Total    *int64  `json:"total"`
		Used     *int64  `json:"used"`
		Avail    *int64  `json:"avail"`
		Fraction float64 `json:"used_fraction"`
	}
	a.get("nodes/"+node+"/storage", &stores)
	for _, s := range stores {
		var files []struct {
			VolID   string  `json:"volid"`
			Content string  `json:"content"`
			Format  string  `json:"format"`
			Size    int64   `json:"size"`
			VMID    *int    `json:"vmid"`
			Parent  *string `json:"parent"`
		}
		a.get("nodes/"+node+"/storage/"+s.Storage+"/content", &files)
		var one struct {
			Total int64  `json:"total"`
			Type  string `json:"type"`
		}
		a.get("nodes/"+node+"/storage/"+s.Storage+"/status", &one)
		expect(one.Type == s.Type && one.Total == *s.Total, "%+v", one)
	}
	var all []resource
	a.get("cluster/resources", &all)
	var vms []struct {
		VMID     int     `json:"vmid"`
		Name     *string `json:"name"`
		Tags     *string `json:"tags"`
		Status   *string `json:"status"`
		Template *flag   `json:"template"`
	}
	a.get("nodes/"+node+"/qemu", &vms)
	expect(len(vms) > 0 && len(all) > len(vms), "%d VMs, %d resources", len(vms), len(all))
	var pools []struct {
		ID      string  `json:"poolid"`
		Comment *string `json:"comment"`
	}
	a.get("pools", &pools)
	var rights map[string]map[string]flag
	a.get("access/permissions", &rights)
	expect(bool(rights["/vms"]["VM.Clone"]), "%v", rights["/vms"])
	var roles []struct {
		ID      string  `json:"roleid"`
		Privs   *string `json:"privs"`
		Special *flag   `json:"special"`
	}
	a.get("access/roles", &roles)
	var cluster []struct {
		ID     string  `json:"id"`
		Type   string  `json:"type"`
		Name   string  `json:"name"`
		Online *flag   `json:"online"`
		IP     *string `json:"ip"`
	}
	a.get("cluster/status", &cluster)
	var network []struct {
		Iface string  `json:"iface"`
		Type  string  `json:"type"`
		CIDR  *string `json:"cidr"`
		Auto  *flag   `json:"autostart"`
		VLANs *flag   `json:"bridge_vlan_aware"`
	}
	a.get("nodes/"+node+"/network", &network)
	expect(len(network) > 0, "no network")
}

// read is what every plan begins with.
func read(a api, vm string) config {
	var now status
	a.get(vm+"/status/current", &now)
	var c config
	a.get(vm+"/config", &c)
	if now.Status == "running" {
		var found interfaces
		a.get(vm+"/agent/network-get-interfaces", &found)
	}
	return c
}

func waitFor(a api, vm, wanted string) {
	for range 400 {
		var now status
		a.get(vm+"/status/current", &now)
		if now.Status == wanted {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	expect(false, "%s is never %s", vm, wanted)
}

// waitForAddress asks the agent until it tells an address; that it does not answer yet is no failure.
func waitForAddress(a api, vm, wanted string) {
	for range 400 {
		var found interfaces
		err := a.call("GET", vm+"/agent/network-get-interfaces", nil, &found)
		if refused, isRefusal := err.(refusal); err != nil && (!isRefusal || refused.status != 500) {
			must(err)
		}
		if found.Result != nil {
			for _, card := range *found.Result {
				if card.Addresses == nil {
					continue
				}
				for _, address := range *card.Addresses {
					if address.Address == wanted {
						return
					}
				}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	expect(false, "%s never has %s", vm, wanted)
}
