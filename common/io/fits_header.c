/* Reads one header out of a FITS file. */
#include "io/fits_header.h"

#include "io/fits_file.h"

bool cb_header_read(const char *path, int hdu, struct cb_header **ret_header, struct cb_error *err)
{
    cb_auto(cb_fits_close) struct cb_fits *fits = NULL;
    if (!cb_fits_open(path, &fits, err))
        return false;
    if (hdu < 0 || (size_t)hdu >= fits->hdus)
        return cb_fail(err, CB_ERR_NOT_FOUND, "FITS file \"%s\" has no HDU %d", path, hdu);
    *ret_header = cb_fits_content(fits->hdu[hdu].cards);
    return true;
}
