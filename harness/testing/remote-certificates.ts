import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

/**
 * Makes an authority and, signed by it, a certificate for an engine at `address` and one for its client, by openssl:
 * `ca.pem`, `server.pem`, `server-key.pem` in `directory`, `ca.pem`, `cert.pem`, `key.pem` in `directory/client`, and in
 * `directory/expired` a client's certificate that was valid until yesterday.
 */
export async function makeCertificates(directory: string, address: string): Promise<void> {
  const shell = `
    set -e
    mkdir client expired
    openssl ecparam -name prime256v1 -genkey -noout -out ca-key.pem
    openssl req -x509 -new -key ca-key.pem -subj /CN=rehearsal-authority -days 2 -out ca.pem
    issue() {
      openssl ecparam -name prime256v1 -genkey -noout -out "$2"
      openssl req -new -key "$2" -subj "/CN=$3" -out request.pem
      openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile extensions -days "$4" -out "$1"
    }
    issue server.pem server-key.pem engine 2
    issue client/cert.pem client/key.pem client 2
    cp ca.pem client
    cp ca.pem client/key.pem expired
    openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days -1 -out expired/cert.pem
    chmod 600 *key.pem */key.pem`
  await writeFile(join(directory, 'extensions'), `subjectAltName=IP:${address}\n`)
  await execa('sh', ['-c', shell], { cwd: directory, stdin: 'ignore' })
}
