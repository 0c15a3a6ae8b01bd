/**
 * CsvRowDeserializationSchema and CsvRowSerializationSchema: a line of cells, in the order of the row's fields. Arrays and rows
 * within a row are one cell, divided by the array element delimiter; what lies deeper has no place in a line.
 *
 *   STRING                      the cell as it is
 *   BOOLEAN                     `true` in any case; anything else is false
 *   numbers                     as Java prints and parses them
 *   SQL_DATE, LOCAL_DATE        `2024-02-29`; read, what is beyond the end of a month goes on in the next
 *   SQL_TIME, LOCAL_TIME        `12:34:56`
 *   SQL_TIMESTAMP,              `2024-02-29 12:34:56.789`
 *     LOCAL_DATE_TIME
 *   INSTANT                     `2024-02-29 12:34:56.789Z`
 *   PRIMITIVE_ARRAY of BYTE     base64
 *   VOID                        null
 *
 * A cell is null where it is the null literal; without one nothing is null, and null is written as an empty cell.
 */
export { csvRowDecoder } from './csv-row-reader.ts'
export { csvRowEncoder } from './csv-row-writer.ts'
