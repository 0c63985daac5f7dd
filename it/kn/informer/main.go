// An informer of client-go on Knative Services, as networking layers and operators have: every
// change that its cache sees is a line of standard output. It ends when standard input does.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"knative.dev/serving/pkg/client/clientset/versioned"
	"knative.dev/serving/pkg/client/informers/externalversions"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	client, err := versioned.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := externalversions.NewSharedInformerFactory(client, time.Hour)
	informer := factory.Serving().V1().Services().Informer()
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tell("has", object) },
		UpdateFunc: func(_, object any) { tell("has", object) },
		DeleteFunc: func(object any) {
			if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = unknown.Obj
			}
			tell("lost", object)
		},
	})
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	factory.Start(stop)
	if !cache.WaitForCacheSync(stop, informer.HasSynced) {
		return fmt.Errorf("the cache was never filled")
	}
	fmt.Println("synced")
	_, err = io.Copy(io.Discard, os.Stdin)
	close(stop)
	return err
}

func tell(what string, object any) {
	service := object.(*servingv1.Service)
	fmt.Printf("%s %s ready=%t\n", what, service.Name, service.IsReady())
}
