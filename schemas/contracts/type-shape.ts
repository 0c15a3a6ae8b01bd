/** The shape of type information in a job graph. */
import { checked, failCheck, lazy, list, named, text, variants } from '../../core/foundation/shape/shape.ts'
import type { Shape } from '../../core/foundation/shape/shape.ts'
import { BASIC_TYPE_NAMES } from '../../core/foundation/type-spec.ts'
import type { RowTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'

const inner: Shape<TypeSpec> = lazy(() => typeShape)
const element = { element: inner }
const fields = { names: list(text), types: list(inner) }

/** A type with fields has a name and a type for each. */
function checkFields(value: object, path: string): void {
  const { names, types } = value as { readonly names?: readonly string[]; readonly types?: readonly unknown[] }
  if (names !== undefined && names.length !== types?.length)
    failCheck(`${path}.names`, `as long as types, which has ${types?.length ?? 0}`, names)
}

export const typeShape: Shape<TypeSpec> = named(
  'type',
  checked(
    variants('type', {
      ...(Object.fromEntries(BASIC_TYPE_NAMES.map(name => [name, {}])) as Record<
        (typeof BASIC_TYPE_NAMES)[number],
        Readonly<Record<string, never>>
      >),
      ROW: fields,
      RECORD: fields,
      TUPLE: { types: list(inner) },
      UNION: { types: list(inner) },
      LIST: element,
      BASIC_ARRAY: element,
      OBJECT_ARRAY: element,
      PRIMITIVE_ARRAY: element,
      MAP: { key: inner, value: inner },
    }),
    checkFields,
  ),
)

export const rowTypeShape: Shape<RowTypeSpec> = named(
  'rowType',
  checked(variants('type', { ROW: fields }), checkFields),
)
