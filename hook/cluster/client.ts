/** What Lotse uses of client-node, which is bundled into a file of its own: 2 MB that are read only by who asks Kubernetes something. */
export { AppsV1Api, BatchV1Api, CoreV1Api, KubeConfig, Observable } from '@kubernetes/client-node'
