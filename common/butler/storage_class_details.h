/* Private to common/butler: components, parameters, converters of storage classes, for config-dump. */
#pragma once

/* "delegate: ..., parameters: [...]", the inside of a flow mapping; NULL: its Python type is all there is. */
const char *cb_storage_class_details(const char *name);
