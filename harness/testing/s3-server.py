"""OpenStack Swift with its S3 API on the first of four ports: `s3-server.py DIRECTORY PORT...`, until its input ends.

`test:tester` (key `testing`) may do everything, `test:outsider` (key `outside-key-0`) nothing. Debian: python3-swift.
"""
import ctypes
import getpass
import os
import signal
import sys
import threading

directory, ports = sys.argv[1], [int(port) for port in sys.argv[2:6]]
conf = os.path.join(directory, 'swift.conf')
devices = os.path.join(directory, 'devices')
os.makedirs(os.path.join(devices, 'd1'))


def write(name, text):
    path = os.path.join(directory, name)
    with open(path, 'w') as file:
        file.write(text)
    return path


write('swift.conf', '[swift-hash]\nswift_hash_path_suffix = rehearsal\n')

# Before anything else of it is imported: others take the constant over.
import swift.common.utils  # noqa: E402

swift.common.utils.SWIFT_CONF_FILE = conf

from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import run_wsgi  # noqa: E402

servers = ('account', 'container', 'object')
for at, name in enumerate(servers, 1):
    builder = RingBuilder(2, 1, 1)
    address = {'ip': '127.0.0.1', 'port': ports[at]}
    builder.add_dev(dict(address, region=1, zone=1, weight=1, device='d1',
                         replication_ip=address['ip'], replication_port=address['port']))
    builder.rebalance()
    builder.get_ring().save(os.path.join(directory, name + '.ring.gz'))

common = '''[DEFAULT]
bind_ip = 127.0.0.1
bind_port = %d
user = %s
swift_dir = %s
devices = %s
mount_check = false
workers = 0
log_level = ERROR
log_statsd_host =
recon_cache_path = %s
'''


def default(at):
    return common % (ports[at], getpass.getuser(), directory, devices, directory)


for at, name in enumerate(servers, 1):
    write(name + '-server.conf', default(at) + '''
[pipeline:main]
pipeline = %s-server
[app:%s-server]
use = egg:swift#%s
''' % (name, name, name))

write('proxy-server.conf', default(0) + '''
[pipeline:main]
pipeline = catch_errors cache s3api tempauth bulk slo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
# On a busy machine half a second is not enough to connect, nor are ten misses a broken disk.
conn_timeout = 30
node_timeout = 60
error_suppression_limit = 1000000
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:9
error_suppression_limit = 0
[filter:s3api]
use = egg:swift#s3api
location = eu-west-2
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
user_test_outsider = outside-key-0
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:symlink]
use = egg:swift#symlink
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
''')

children = []
for name in servers + ('proxy',):
    pid = os.fork()
    if pid == 0:
        # Whatever ends this program ends its servers (PR_SET_PDEATHSIG).
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os._exit(run_wsgi(os.path.join(directory, name + '-server.conf'), name + '-server'))
    children.append(pid)


def stop():
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def wait_for_end():
    sys.stdin.read()
    stop()


threading.Thread(target=wait_for_end, daemon=True).start()
for pid in children:
    os.waitpid(pid, 0)
