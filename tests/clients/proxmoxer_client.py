"""Runs proxmoxer against a Proxmox VE API: what an operator's script does with a VM, from the template to its end."""

import io
import os
import ssl
import sys
import time
from urllib.parse import quote, urlencode

import websocket
from proxmoxer import AuthenticationError, ProxmoxAPI, ResourceException
from proxmoxer.tools import Tasks

HOST, PORT = os.environ["PROXMOX_HOST"], int(os.environ["PROXMOX_PORT"])
CA = os.environ["PROXMOX_CA"]
PASSWORD = os.environ["PROXMOX_ROOT_PASSWORD"]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4L3bWb0b0Y2m5Cw2fZz1o9q3Xb6m0h3y8C1Q5dZkXy someone@example"

steps = {"ok": 0, "not tried": 0}


def step(name, call):
    """Carries out one step; what the server does not implement is said and not counted as a failure."""
    try:
        result = call()
    except ResourceException as error:
        if error.status_code == 501:
            steps["not tried"] += 1
            print(f"  not tried: {name} ({error.status_message})")
            return None
        print(f"  FAILED: {name}: {error}")
        raise
    steps["ok"] += 1
    print(f"  ok: {name}")
    return result


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def connect(user, **options):
    return ProxmoxAPI(HOST, port=PORT, user=user, verify_ssl=CA, timeout=30, **options)


def login():
    try:
        connect("root@pam", password="wrong")
        raise AssertionError("logged in with a wrong password")
    except AuthenticationError:
        pass
    return connect("root@pam", password=PASSWORD)


root = step("log in by ticket, and not with a wrong password", login)
expect(root is not None, "no login")


def run(upid):
    expect(Tasks.decode_upid(upid)["upid"] == upid, "a UPID that cannot be read")
    status = Tasks.blocking_status(root, upid, timeout=30, polling_interval=0.05)
    expect(status is not None and status["exitstatus"] == "OK", f"task {upid}: {status}")
    return status


def refused(call, status, text):
    try:
        call()
    except ResourceException as error:
        expect(error.status_code == status, f"{error.status_code} instead of {status}")
        expect(text in f"{error.status_message} {error.content} {error.errors}", f"{error} lacks {text}")
        return
    raise AssertionError(f"no {status} {text}")


def look():
    expect(root.version.get()["release"] in ("8.4", "9.2"), "release")
    node = root.nodes.get()[0]["node"]
    expect("cpuinfo" in root.nodes(node).status.get(), "node status")
    expect(any(s["storage"] == "dir1" for s in root.nodes(node).storage.get()), "storage list")
    expect(any(r["type"] == "storage" for r in root.cluster.resources.get()), "resources")
    expect(any(e["type"] == "node" for e in root.cluster.status.get()), "cluster status")
    return node


node_name = step("read version, nodes, storages, resources and cluster status", look)
node = root.nodes(node_name)
operator = None


def access():
    root.access.users.post(userid="operator@pve", password="Throwaway-1", comment="by proxmoxer")
    root.access.roles.post(roleid="Looker", privs="VM.Audit")
    root.access.acl.put(path="/vms", users="operator@pve", roles="Looker")
    user = connect("operator@pve", password="Throwaway-1")
    expect(user.nodes(node_name).qemu.get(), "an auditor sees no VM")
    refused(lambda: user.nodes(node_name).qemu(9000).clone.post(newid=300), 403, "VM.Clone")
    expect("VM.Audit" in user.access.permissions.get(path="/vms")["/vms"], "permissions")
    root.access.acl.put(path="/vms", users="operator@pve", roles="Looker", delete=1)
    root.access.acl.put(path="/", users="operator@pve", roles="PVEVMAdmin,PVEDatastoreUser,PVESDNUser,PVEAuditor")


step("make a user and a role, grant it, and be refused what it lacks", access)


def token():
    made = root.access.users("operator@pve").token("auto").post(privsep=0)
    name = made["full-tokenid"].split("!")[1]
    client = connect("operator@pve", token_name=name, token_value=made["value"])
    expect(client.version.get(), "version by token")
    return client


operator = step("make an API token and log in by it", token)


def pool():
    root.pools.post(poolid="customers", comment="by proxmoxer")
    expect(any(p["poolid"] == "customers" for p in root.pools.get()), "pool list")


step("make a pool", pool)
vmid = int(step("ask for the next free id", lambda: root.cluster.nextid.get()))


def clone():
    run(operator.nodes(node_name).qemu(9000).clone.post(newid=vmid, name="web-1", full=1, storage="dir1"))
    refused(lambda: node.qemu(9000).clone.post(newid=vmid), 500, "config file already exists")


step("clone the template, and not onto a taken id", clone)
vm = operator.nodes(node_name).qemu(vmid)


def configure():
    settings = {"ciuser": "cust", "cipassword": "secret-1", "ipconfig0": "ip=10.20.1.5/24,gw=10.20.1.1"}
    vm.config.put(cores=2, memory=1024, sshkeys=quote(KEY, safe=""), tags="b;a", **settings)
    config = vm.config.get()
    expect(config["cores"] == 2 and config["memory"] == "1024" and config["tags"] == "a;b", f"config {config}")
    expect(config["cipassword"] == "**********", "a readable password")
    expect(config["sshkeys"] == quote(KEY, safe=""), "SSH keys")
    refused(lambda: vm.config.put(cores="two"), 400, "type check")
    refused(lambda: vm.config.put(cores=1, digest="0" * 40), 500, "checksum mismatch")


step("set cloud-init and hardware, read it back, be refused nonsense", configure)
step("read what is pending", lambda: expect(any(e["key"] == "cores" for e in vm.pending.get()), "pending"))
step("grow the disk", lambda: run(vm.resize.put(disk="scsi0", size="+1G")))
step("snapshot the stopped VM", lambda: run(vm.snapshot.post(snapname="clean")))
step("start", lambda: run(vm.status.start.post()))
step("be told that it runs", lambda: expect(vm.status.current.get()["status"] == "running", "status"))


def agent():
    for _ in range(200):
        try:
            vm.agent.ping.post()
            break
        except ResourceException as error:
            expect("guest agent is not running" in str(error), str(error))
            time.sleep(0.05)
    for _ in range(100):
        interfaces = vm.agent("network-get-interfaces").get()["result"]
        addresses = [a["ip-address"] for i in interfaces for a in i.get("ip-addresses", [])]
        if "10.20.1.5" in addresses:
            return
        time.sleep(0.05)
    raise AssertionError(f"addresses {addresses}")


step("wait for the agent and its address", agent)


def execute():
    pid = vm.agent.exec.post(command=["echo", "hello"])["pid"]
    for _ in range(100):
        status = vm.agent("exec-status").get(pid=pid)
        if status["exited"]:
            return expect(status["exitcode"] == 0, f"exit {status}")
        time.sleep(0.05)
    raise AssertionError("the command does not end")


step("run a command in the guest", execute)
step("read metrics", lambda: expect(vm.rrddata.get(timeframe="hour"), "rrddata"))
step("set firewall options", lambda: vm.firewall.options.put(enable=1, ipfilter=1))
step("add a firewall rule", lambda: vm.firewall.rules.post(type="in", action="ACCEPT", proto="tcp", dport="22"))
step("read firewall rules", lambda: expect(vm.firewall.rules.get()[0]["dport"] == "22", "rules"))


def connect_console(made):
    """A console's websocket, opened with the ticket of the login as a browser would."""
    query = urlencode({"port": made["port"], "vncticket": made["ticket"]})
    return websocket.create_connection(
        f"wss://{HOST}:{PORT}/api2/json/nodes/{node_name}/qemu/{vmid}/vncwebsocket?{query}",
        cookie=f"PVEAuthCookie={quote(root.get_tokens()[0], safe='')}",
        subprotocols=["binary"],
        sslopt={"ca_certs": CA, "cert_reqs": ssl.CERT_REQUIRED},
        timeout=20,
    )


def screen():
    console = connect_console(root.nodes(node_name).qemu(vmid).vncproxy.post(websocket=1))
    expect(console.recv() == b"RFB 003.008\n", "no VNC server")
    console.send_binary(b"RFB 003.008\n")
    expect(console.recv() == bytes([1, 2]), "no VNC authentication")
    console.close()


def terminal():
    made = root.nodes(node_name).qemu(vmid).termproxy.post()
    console = connect_console(made)
    console.send_binary(f"{made['user']}:{made['ticket']}\n".encode())
    expect(console.recv() == b"OK", "the terminal does not take the ticket")
    seen = ""

    def type_line(line, wanted):
        nonlocal seen
        console.send_binary(f"0:{len(line) + 1}:{line}\r".encode())
        while wanted not in seen:
            seen += console.recv().decode()
        seen = seen.split(wanted, 1)[1]

    console.send_binary(b"1:80:24:")
    type_line("", "login: ")
    type_line("cust", "Password: ")
    type_line("secret-1", "$ ")
    type_line("echo hello", "\r\nhello\r\n")
    console.close()


step("open the screen's console", screen)
step("log in on the serial console and run a command", terminal)
step("reboot", lambda: run(vm.status.reboot.post()))


def wait_running():
    for _ in range(200):
        if vm.status.current.get()["status"] == "running":
            return
        time.sleep(0.05)
    raise AssertionError("it does not run again")


step("see it run again", wait_running)
step("shut down", lambda: run(vm.status.shutdown.post(timeout=20, forceStop=1)))
step("roll back", lambda: run(vm.snapshot("clean").rollback.post()))
step("delete the snapshot", lambda: run(vm.snapshot("clean").delete()))
step("list volumes", lambda: expect(node.storage("dir1").content.get(vmid=vmid), "volumes"))


def upload():
    image = io.BytesIO(b"\0" * 2048)
    image.name = "tiny.iso"
    run(node.storage("dir1").upload.post(content="iso", filename=image))
    expect(node.storage("dir1").content.get(content="iso"), "ISO list")


step("upload an ISO image", upload)


def migrate():
    others = [entry["node"] for entry in root.nodes.get() if entry["node"] != node_name]
    run(vm.migrate.post(target=others[0], **{"with-local-disks": 1}))
    run(root.nodes(others[0]).qemu(vmid).migrate.post(target=node_name, **{"with-local-disks": 1}))


if len(root.nodes.get()) > 1:
    step("migrate to the other node and back", migrate)
else:
    print("  left out: migrate (there is one node)")


def tasks():
    upid = node.tasks.get(vmid=vmid, limit=5)[0]["upid"]
    expect(Tasks.decode_log(node.tasks(upid).log.get(limit=0)).endswith("TASK OK"), "task log")
    refused(lambda: node.tasks("UPID:nonsense").status.get(), 400, "unable to parse worker upid")


step("list tasks and read a log", tasks)


def destroy():
    run(vm.delete(purge=1, **{"destroy-unreferenced-disks": 1}))
    refused(lambda: node.qemu(vmid).config.get(), 500, "does not exist")
    expect(not node.storage("dir1").content.get(vmid=vmid, content="images"), "volumes are left")


step("destroy, and find nothing left", destroy)


def leave():
    root.pools.delete(poolid="customers")
    root.access.users("operator@pve").delete()
    root.access.roles("Looker").delete()


step("remove pool, user and role", leave)
print(f"proxmoxer: {steps['ok']} steps passed, {steps['not tried']} not tried")
sys.stdout.flush()
