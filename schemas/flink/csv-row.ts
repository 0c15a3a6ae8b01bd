/**
 * CsvRowDeserializationSchema and CsvRowSerializationSchema: a line of cells in the order of the row's fields. An array or a row within
 * the row is one cell, divided by the array element delimiter. Deeper nesting is not supported.
 *
 *   STRING                      the cell, unchanged
 *   BOOLEAN                     `true` in any case; anything else is false
 *   numbers                     as Java prints and parses them
 *   SQL_DATE, LOCAL_DATE        `2024-02-29`; a day after the end of a month is read as a day of the next
 *   SQL_TIME, LOCAL_TIME        `12:34:56`
 *   SQL_TIMESTAMP,              `2024-02-29 12:34:56.789`
 *     LOCAL_DATE_TIME
 *   INSTANT                     `2024-02-29 12:34:56.789Z`
 *   PRIMITIVE_ARRAY of BYTE     base64
 *   VOID                        null
 *
 * A cell that equals the null literal is null. Without a null literal no cell is null, and null is written as an empty cell.
 */
export { csvRowDecoder } from './csv-row-reader.ts'
export { csvRowEncoder } from './csv-row-writer.ts'
