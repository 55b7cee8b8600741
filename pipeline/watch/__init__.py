"""A hot folder: pictures that are put into it are developed as they come, by a recipe or by a ticket beside them.

`scan` lists what is there, `whole` tells when it is whole, `shots` which files belong together, `ticket` and `orders`
what is to be done with them, `settled` whether it was done already, `hands` does it, and `away` puts the sources where
they were wanted. `loop` goes round all of it; whatever folder is gone or full for a while is waited for.
"""
