// Today's Kubernetes judges a file of kind AuthenticationConfiguration and the tokens that it lets in: the code of the API
// server itself loads and checks the file and authenticates each token.
//
//	kube_judge check FILE          prints {"problems": [text]}; an empty list is a file that the API server takes
//	kube_judge tokens FILE         reads one token a line, prints one JSON answer a line:
//	                               {"user": {username, uid, groups, extra}} or {"refused": text}
//	kube_judge serve FILE ADDRESS  answers the TokenReviews that an API server posts to http://ADDRESS, and says "ready" first
//
// tests/peers/kube/build.sh builds it from Debian's packages of the API server's libraries.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	authentication "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/authentication/token/union"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

// How long an issuer may take until its keys are known. The API server waits for ever.
const patience = 30 * time.Second

// Certificates in PEM that an issuer's own must come from.
type bundle string

func (certificates bundle) CurrentCABundleContent() []byte {
	return []byte(certificates)
}

// As the API server loads it: strictly, so that an unknown or doubled field is an error.
func load(path string) (*apiserver.AuthenticationConfiguration, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	object, err := runtime.Decode(codecs.UniversalDecoder(), data)
	if err != nil {
		return nil, err
	}
	configuration, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("expected AuthenticationConfiguration, got %T", object)
	}
	return configuration, nil
}

// What the API server would refuse to start with.
func check(path string) (*apiserver.AuthenticationConfiguration, cel.Compiler, []string) {
	configuration, err := load(path)
	if err != nil {
		return nil, nil, []string{err.Error()}
	}
	compiler := cel.NewCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	problems := []string{}
	for _, problem := range validation.ValidateAuthenticationConfiguration(compiler, configuration, nil) {
		problems = append(problems, problem.Error())
	}
	return configuration, compiler, problems
}

// One authenticator for each issuer, each with the keys of its issuer.
func authenticators(ctx context.Context, path string) (authenticator.Token, error) {
	configuration, compiler, problems := check(path)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%v", problems)
	}
	var all []authenticator.Token
	for _, issuer := range configuration.JWT {
		options := oidc.Options{
			JWTAuthenticator:     issuer,
			Compiler:             compiler,
			SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(),
		}
		if authority := issuer.Issuer.CertificateAuthority; authority != "" {
			options.CAContentProvider = bundle(authority)
		}
		one, err := oidc.New(ctx, options)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		for one.HealthCheck() != nil {
			if time.Since(began) > patience {
				return nil, one.HealthCheck()
			}
			time.Sleep(10 * time.Millisecond)
		}
		all = append(all, one)
	}
	return union.New(all...), nil
}

func judge(ctx context.Context, all authenticator.Token, token string) (*authentication.UserInfo, string) {
	answer, known, err := all.AuthenticateToken(ctx, token)
	if err != nil {
		return nil, err.Error()
	}
	if !known {
		return nil, "no issuer of the file is the token's"
	}
	user := &authentication.UserInfo{
		Username: answer.User.GetName(),
		UID:      answer.User.GetUID(),
		Groups:   answer.User.GetGroups(),
		Extra:    map[string]authentication.ExtraValue{},
	}
	for key, values := range answer.User.GetExtra() {
		user.Extra[key] = values
	}
	return user, ""
}

func tokens(ctx context.Context, path string) error {
	all, err := authenticators(ctx, path)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	output := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		user, refused := judge(ctx, all, lines.Text())
		answer := map[string]any{"user": user}
		if user == nil {
			answer = map[string]any{"refused": refused}
		}
		if err := output.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func serve(ctx context.Context, path, address string) error {
	all, err := authenticators(ctx, path)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return http.Serve(listener, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		var review authentication.TokenReview
		if err := json.NewDecoder(request.Body).Decode(&review); err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		user, refused := judge(request.Context(), all, review.Spec.Token)
		review.Status = authentication.TokenReviewStatus{Authenticated: user != nil, Error: refused}
		if user != nil {
			review.Status.User = *user
		}
		review.Spec.Token = ""
		writer.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(writer).Encode(review)
	}))
}

func run(arguments []string) error {
	ctx := context.Background()
	switch {
	case len(arguments) == 2 && arguments[0] == "check":
		_, _, problems := check(arguments[1])
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"problems": problems})
	case len(arguments) == 2 && arguments[0] == "tokens":
		return tokens(ctx, arguments[1])
	case len(arguments) == 3 && arguments[0] == "serve":
		return serve(ctx, arguments[1], arguments[2])
	}
	return fmt.Errorf("usage: kube_judge check FILE | tokens FILE | serve FILE ADDRESS")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
