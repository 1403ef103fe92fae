export const isDate = value => value instanceof Date;
