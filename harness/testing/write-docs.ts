import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generatedFiles, packageFile } from '../docs.ts'
import { goldenFiles } from './golden.ts'

for (const [path, content] of [...(await generatedFiles()), ...(await goldenFiles())]) {
  await mkdir(dirname(packageFile(path)), { recursive: true })
  await writeFile(packageFile(path), content)
}
