// SPDX-License-Identifier: MPL-2.0

package spec

// abstract: there are names of ipc without a file.
const abstract = true
