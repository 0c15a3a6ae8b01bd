/**
 * A type as text, such as `MAP<STRING, ROW<id: LONG, tags: LIST<STRING>>>`. Checkpoints store the type of a state in this form,
 * and messages show it. Two types with the same text store the same values. `LIST`, `BASIC_ARRAY` and `OBJECT_ARRAY` have the same
 * text, because PyFlink reads and writes them with the same coder. Python writes the same texts (`_functions/state_types.py`);
 * `vectors/state-types.json` tests both.
 */
import type { TypeSpec } from '../../core/foundation/type-spec.ts'

export function typeText(spec: TypeSpec): string {
  switch (spec.type) {
    case 'ROW':
    case 'RECORD':
      return `${spec.type}<${spec.types.map((t, i) => `${nameText(spec.names[i]!)}: ${typeText(t)}`).join(', ')}>`
    case 'TUPLE':
    case 'UNION':
      return `${spec.type}<${spec.types.map(typeText).join(', ')}>`
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
      return `LIST<${typeText(spec.element)}>`
    case 'PRIMITIVE_ARRAY':
      return `PRIMITIVE_ARRAY<${typeText(spec.element)}>`
    case 'MAP':
      return `MAP<${typeText(spec.key)}, ${typeText(spec.value)}>`
    default:
      return spec.type
  }
}

const nameText = (name: string): string => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name))
