import { writeFile } from 'node:fs/promises'
import { generatedFiles, packageFile } from '../docs.ts'

for (const [path, content] of await generatedFiles()) await writeFile(packageFile(path), content)
